"""When, where and on what it all runs: settings, sources, lake, jobs, publication, commands."""
