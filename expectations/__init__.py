"""What must hold before the register is touched; the only place that imports Great Expectations."""
