-- Room on each page for the next version of a row, so that taking and giving back rewrites rows in place and no index
-- grows. Dead versions are cleaned up early: a sale makes them faster than the defaults expect.
alter table event_seats set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
alter table seat_row_hints set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
alter table admission_stock set (fillfactor = 10, autovacuum_vacuum_scale_factor = 0.02);
alter table bookings set (fillfactor = 85);
