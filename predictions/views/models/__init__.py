"""Pages of the models: who speaks, who is measured, what became of the others."""
