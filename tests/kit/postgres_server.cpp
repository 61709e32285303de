// The test program's PostgreSQL: made at first use in a temporary folder, gone when the program is,
// however it ends.

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "kit/stores.h"

namespace kidoban::kit {

namespace {

constexpr const char* programs = "/usr/lib/postgresql/15/bin/";
constexpr const char* superuser = "kidoban_superuser";
constexpr const char* owner = "kidoban_test";

// PostgreSQL refuses to run as root.
void become_unprivileged() {
  if (::geteuid() != 0) return;
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr || ::initgroups("postgres", user->pw_gid) != 0 || ::setgid(user->pw_gid) != 0 ||
      ::setuid(user->pw_uid) != 0) {
    ::_exit(71);
  }
}

pid_t start(const std::vector<std::string>& command, const std::string& log) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  become_unprivileged();
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which would clear it
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  ::execv(arguments[0], arguments.data());
  ::_exit(72);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// Runs in a process of its own: waits until the test program is gone, whatever ended it, then stops the
// server and removes its folder.
[[noreturn]] void keep_house(const std::filesystem::path& folder, int alive) {
  ::setsid();
  const std::string data = folder / "data", log = folder / "log";
  const std::string bin = programs;
  std::error_code ignored;
  if (wait_for(start({bin + "initdb", "-D", data, "-U", superuser, "--auth=trust", "--no-sync", "--no-instructions",
                      "-E", "UTF8", "--locale=C.UTF-8"}, log)) != 0) {
    ::_exit(73);  // the folder stays, with the log in it
  }
  std::vector<std::string> command{bin + "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=",
                                   "-c", "shared_buffers=32MB", "-c", "max_connections=200", "-c", "autovacuum=off",
                                   "-c", "log_min_messages=warning"};
  // Tests lose nothing that matters when the machine stops; a benchmark has to wait for the disk.
  if (::getenv("KIDOBAN_TEST_POSTGRES_DURABLE") == nullptr) {
    command.insert(command.end(), {"-c", "fsync=off", "-c", "full_page_writes=off"});
  }
  const pid_t server = start(command, log);
  char byte;
  while (::read(alive, &byte, 1) < 0 && errno == EINTR) {
  }
  ::kill(server, SIGQUIT);
  wait_for(server);
  std::filesystem::remove_all(folder, ignored);
  ::_exit(0);
}

class Server {
 public:
  Server() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kidoban-postgres-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    if (::geteuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      if (user == nullptr || ::chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("no user postgres: install postgresql-15");
      }
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    keeper_ = ::fork();
    if (keeper_ == 0) {
      ::close(ends[1]);
      keep_house(folder_, ends[0]);
    }
    ::close(ends[0]);
    alive_ = ends[1];
    wait_until_it_answers();
    run("postgres", "create role " + std::string(owner) + " login nosuperuser nobypassrls");
  }
  ~Server() {
    ::close(alive_);
    wait_for(keeper_);
  }

  std::string conninfo(const std::string& database, const char* user) const {
    return "host=" + folder_.string() + " dbname=" + database + " user=" + user;
  }

  void run(const std::string& database, const std::string& statement) const {
    PGconn* connection = PQconnectdb(conninfo(database, superuser).c_str());
    PGresult* result = PQexec(connection, statement.c_str());
    const bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    const std::string message = PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (!done) throw std::runtime_error(statement + ": " + message);
  }

 private:
  void wait_until_it_answers() const {
    for (int i = 0; i < 3000; ++i) {
      if (PQping(conninfo("postgres", superuser).c_str()) == PQPING_OK) return;
      if (::waitpid(keeper_, nullptr, WNOHANG) == keeper_) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw std::runtime_error("PostgreSQL didn't start; see " + (folder_ / "log").string());
  }

  std::filesystem::path folder_;
  pid_t keeper_ = -1;
  int alive_ = -1;
};

const Server& server() {
  static const Server the_server;
  return the_server;
}

}  // namespace

PostgresDatabase::PostgresDatabase() {
  static std::atomic<int> made = 0;
  name_ = "test_" + std::to_string(++made);
  server().run("postgres", "create database " + name_ + " owner " + owner + " strategy file_copy");
}

PostgresDatabase::~PostgresDatabase() {
  try {
    server().run("postgres", "drop database if exists " + name_ + " with (force)");
  } catch (const std::exception&) {
    // A server that is gone already has no database either.
  }
}

std::string PostgresDatabase::conninfo() const { return server().conninfo(name_, owner); }
std::string PostgresDatabase::superuser_conninfo() const { return server().conninfo(name_, superuser); }

}  // namespace kidoban::kit
