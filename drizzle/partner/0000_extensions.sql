-- Lists are searched by part of a name. The embedded server has the extension already; elsewhere the database's owner
-- may create it, because it is a trusted one.
create extension if not exists pg_trgm;
