"""What people see: pages, reports, and the ``liangxin`` command."""
