internal import NIOCore
internal import NIOPosix

extension ClientBootstrap {
  func transportOptions() -> ClientBootstrap {
    channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.writeBufferWaterMark, value: SocketOptions.waterMark)
      .channelOption(.recvAllocator, value: SocketOptions.allocator)
  }
}

extension ServerBootstrap {
  func transportOptions() -> ServerBootstrap {
    serverChannelOption(.backlog, value: TransportLimits.acceptBacklog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.writeBufferWaterMark, value: SocketOptions.waterMark)
      .childChannelOption(.recvAllocator, value: SocketOptions.allocator)
  }
}

private enum SocketOptions {
  static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: TransportLimits.socketBytesLow, high: TransportLimits.socketBytesHigh)
  static let allocator = AdaptiveRecvByteBufferAllocator(
    minimum: 2 << 10, initial: 8 << 10, maximum: TransportLimits.readBytesMax)
}
