"""The supply side: platforms, brands, storefronts and their contracts, as Mesa agents."""
