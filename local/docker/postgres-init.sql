-- Run once by the postgres image, when its volume is empty: six databases, each with the role that owns it and may
-- enter no other, and the role that carries events into inboxes. The passwords are for a machine of one's own.

-- In template1, so that every database has them that is created from here on.
\connect template1
create extension pg_trgm;
create extension btree_gist;
create extension citext;
create extension cube;
create extension earthdistance;
create extension pg_stat_statements;

\connect postgres
create role tikitu_admin login password 'tikitu';
create role tikitu_partner login password 'tikitu';
create role tikitu_payment login password 'tikitu';
create role tikitu_notification login password 'tikitu';
create role tikitu_booking login password 'tikitu';
create role tikitu_user login password 'tikitu';
create role tikitu_relay login password 'tikitu';

create database admin_db owner tikitu_admin;
create database partner_db owner tikitu_partner;
create database payment_db owner tikitu_payment;
create database notification_db owner tikitu_notification;
create database booking_db owner tikitu_booking;
create database user_db owner tikitu_user;

revoke connect on database postgres, template1, admin_db, partner_db, payment_db, notification_db, booking_db, user_db from public;
grant connect on database admin_db, partner_db, payment_db, notification_db, booking_db, user_db to tikitu_relay;
