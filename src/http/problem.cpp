#include "http/routes.h"
#include "http/status.h"

namespace kidoban::http {

int status_of(Kind kind) {
  switch (kind) {
    case Kind::malformed: return 400;
    case Kind::unauthenticated: return 401;
    case Kind::forbidden: return 403;
    case Kind::not_found: return 404;
    case Kind::conflict: return 409;
    case Kind::expired: return 410;
    case Kind::rate_limited: return 429;
    case Kind::sealed: return 423;
    case Kind::unavailable: return 503;
    case Kind::internal: return 500;
  }
  return 500;
}

std::string_view phrase_of(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

// Nothing in it comes from outside but the trace id, which is hex: no character needs escaping.
Reply problem(const Request& request, const Error& error) {
  const int status = status_of(error.kind);
  std::string body = R"({"type":"about:blank","title":")";
  body += phrase_of(status);
  body += R"(","status":)" + std::to_string(status) + R"(,"reason":")";
  body += error.reason.text();
  body += '"';
  if (!request.trace.trace_id.empty()) body += R"(,"trace_id":")" + request.trace.trace_id + '"';
  body += "}";
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.with("Content-Type", "application/problem+json").with("Cache-Control", "no-store");
  if (error.retry_after_s > 0) reply.with("Retry-After", std::to_string(error.retry_after_s));
  return reply;
}

}  // namespace kidoban::http
