"""The part of OData that Graph speaks: `$filter`, `$select`, `$top`, `$count` and paging."""
