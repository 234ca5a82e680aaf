"""One job under several versions of a library: environments, measurements in them, and the release that moved one."""
