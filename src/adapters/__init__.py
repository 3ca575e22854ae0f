"""Where ports meet technology: one folder for each, and no folder imports another."""
