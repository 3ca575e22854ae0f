"""What the service does by itself when it is due: jobs, and the run that gives each of them its turn."""
