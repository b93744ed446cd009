// SPDX-License-Identifier: BSL-1.0
#pragma once

#ifndef DUCTILE_HTTPLIB_FROM_TARGET
#error "ductile: link the CMake target ductile::mock; cpp-httplib's flags change the size of its classes and must come from there"
#endif

#include <ductile/core/version.hpp>

#include <httplib.h>

#include <atomic>
#include <functional>
#include <iterator>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

/// A thread for each connection: a pool of fixed size would let the connections that stall starve the rest.
class ThreadPerConnection final : public httplib::TaskQueue {
 public:
  ~ThreadPerConnection() override { shutdown(); }

  void enqueue(std::function<void()> work) override {
    const std::scoped_lock lock{mutex_};
    for (auto connection = connections_.begin(); connection != connections_.end();) {
      if (connection->done) connection->thread.join();
      connection = connection->done ? connections_.erase(connection) : std::next(connection);
    }
    Connection& connection = connections_.emplace_back();
    connection.thread = std::thread{[&connection, work = std::move(work)] {
      work();
      connection.done = true;
    }};
  }

  void shutdown() override {
    std::list<Connection> ending;
    {
      const std::scoped_lock lock{mutex_};
      ending.swap(connections_);
    }
    for (Connection& connection : ending) connection.thread.join();
  }

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> done = false;
  };

  std::mutex mutex_;
  std::list<Connection> connections_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
