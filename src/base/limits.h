#pragma once
// Every bound on what comes from outside, in one place, each with its reason.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace kidoban::limits {

// A request's line and headers. Kerberos tickets with large PACs travel in Authorization, base64ed:
// Windows' own ceiling for a ticket is 48 KiB (MaxTokenSize), 64 KiB once encoded.
inline constexpr std::size_t http_header_bytes = 64 * 1024;
// A request target; browsers and proxies begin to fail past 8 KiB, OIDC `request` objects need some.
inline constexpr std::size_t http_target_bytes = 16 * 1024;
// Form bodies of sign-in pages and OAuth endpoints; the largest honest one is a private_key_jwt.
inline constexpr std::size_t form_body_bytes = 64 * 1024;
inline constexpr std::size_t json_body_bytes = 256 * 1024;
// One value of an attribute that a tenant declared, how many it may have, and how many such attributes there may be.
inline constexpr std::size_t attribute_bytes = 1024;
inline constexpr std::size_t attribute_values = 100;
inline constexpr std::size_t custom_attributes = 100;
inline constexpr std::size_t phone_bytes = 64;
// One section of a tenant's settings: sixty mails re-worded in two languages.
inline constexpr std::size_t settings_bytes = 128 * 1024;
// An Idempotency-Key; a UUID in text has 36 characters, and some clients put a name before it.
inline constexpr std::size_t idempotency_key_bytes = 128;
// Parameters in one form or query; the longest honest OIDC request has some 30.
inline constexpr std::size_t form_fields = 128;
inline constexpr std::size_t cookies = 64;

// Time a client has for the whole header, and for each further part of a body.
inline constexpr std::chrono::seconds http_header_time{10};
inline constexpr std::chrono::seconds http_body_time{30};
inline constexpr std::chrono::seconds http_idle_time{75};
inline constexpr std::chrono::seconds http_write_time{30};
// How long a request may work; handed to the store and to calls to other servers.
inline constexpr std::chrono::seconds request_time{15};

inline constexpr std::size_t jwt_bytes = 16 * 1024;  // compact form
inline constexpr std::size_t jwks_keys = 32;

inline constexpr std::size_t login_bytes = 254;     // RFC 5321 §4.5.3.1.3, less the angle brackets
inline constexpr std::size_t password_bytes = 1024; // NIST 800-63B-4 asks for 64 characters at least
// A range of breached passwords: some thousand lines of 40 bytes, twice that with padding.
inline constexpr std::size_t breach_range_bytes = 512 * 1024;
inline constexpr std::size_t name_bytes = 400;      // 100 characters of four bytes
inline constexpr std::size_t uri_bytes = 2048;
inline constexpr std::size_t description_bytes = 2000;
inline constexpr std::size_t external_id_bytes = 256;  // what other systems call somebody or something
inline constexpr std::size_t group_type_bytes = 64;
// Groups within groups: no company has more levels than that, and each look-up walks them. member_store.cpp says 16 too.
inline constexpr std::int64_t group_depth = 16;
inline constexpr std::int64_t groups_in_group = 1000;
inline constexpr std::size_t mail_subject_bytes = 400;  // in a header, folded
inline constexpr std::size_t mail_body_bytes = 8 * 1024; // a mail of words alone; all of them fit a tenant's settings
inline constexpr std::size_t mail_destinations = 8;

// A SCIM filter (RFC 7644 §3.4.2.2). Clients that look for many at once send some hundred comparisons joined by `or`.
inline constexpr std::size_t filter_bytes = 16 * 1024;
inline constexpr std::size_t filter_nodes = 512;
inline constexpr std::size_t filter_depth = 24;  // parentheses and brackets in one another: reading them recurses

// Domains of one tenant; each is looked up in DNS once a day.
inline constexpr std::size_t domains = 200;
// TXT records read of one name, and of one record's text; a verification record is 72 bytes long.
inline constexpr std::size_t dns_records = 256;
inline constexpr std::size_t dns_text_bytes = 4096;
// A SCIM Bulk request of a thousand people, or a group of 50,000 members, at some 60 bytes each.
inline constexpr std::size_t scim_body_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t scim_operations = 1000;
inline constexpr std::size_t scim_json_depth = 16;  // a PATCH within a Bulk has ten levels
inline constexpr std::int64_t scim_page = 500;
// How many are looked through for one query, and how many members one group may show.
inline constexpr std::size_t scim_scan = 20'000;
inline constexpr std::size_t scim_members = 200'000;
// Files of people, groups and members. What a spreadsheet with every attribute of a hundred thousand people has; read
// whole, so few at a time.
inline constexpr std::size_t import_bytes = 50 * 1024 * 1024;
inline constexpr std::size_t large_bodies_at_once = 4;  // bodies above json_body_bytes that are being received
inline constexpr std::int64_t import_rows = 1'000'000;
// One transaction, during which nobody else writes on the embedded store: some seconds.
inline constexpr std::int64_t import_rows_all_or_nothing = 20'000;
inline constexpr std::size_t csv_columns = 300;  // all attributes and a tenant's own
inline constexpr std::size_t csv_cell_bytes = 32 * 1024;  // a spreadsheet's own limit is 32,767 characters
inline constexpr std::size_t csv_row_bytes = 256 * 1024;

// RFC 6749 leaves these open; ours are generous to honest clients.
inline constexpr std::size_t oauth_state_bytes = 4096;
inline constexpr std::size_t oauth_nonce_bytes = 1024;
inline constexpr std::size_t oauth_scope_bytes = 2048;

}  // namespace kidoban::limits
