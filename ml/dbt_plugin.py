"""dbt-duckdb plugin of the project."""

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Checks before a build and functions SQL can call."""

    def initialize(self, plugin_config):
        self.config = plugin_config
