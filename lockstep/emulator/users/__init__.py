"""A few users, the organization and its domains: enough to be owners and to consent."""
