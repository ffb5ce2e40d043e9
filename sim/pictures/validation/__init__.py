"""Pictures of the evidence: history against truth, who moves what."""
