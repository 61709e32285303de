#pragma once
// A minimal HTTP/1.1 client for the load generator: one blocking keep-alive connection, loopback only.

#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct Answer {
  int status = 0;
  std::string location;
  std::vector<std::string> cookies;  // "name=value" of each Set-Cookie
  std::string body;
};

class Connection {
 public:
  explicit Connection(int port) : port_(port) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `headers` are whole lines, each ending in \r\n. Throws std::runtime_error when the connection fails.
  Answer get(std::string_view target, std::string_view headers = {});
  Answer post(std::string_view target, std::string_view form, std::string_view headers = {});

 private:
  Answer exchange(const std::string& request);
  void open();
  void fill();
  void drop();
  int port_;
  int socket_ = -1;
  std::string read_;
};

std::string url_encode(std::string_view text);
std::string base64(std::string_view text);
// The value of "name":"…" in JSON that has no escapes there; "" where it is absent.
std::string json_text(std::string_view body, std::string_view name);
// The value of the form field `name`; "" where it is absent.
std::string field_value(std::string_view html, std::string_view name);
// The value of a query parameter, as it stands (not decoded).
std::string query_value(std::string_view url, std::string_view name);
// Path and query of a URL.
std::string target_of(std::string_view url);

}  // namespace bench
