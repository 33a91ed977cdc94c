using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mlp.Spark.Tests.Servers;

/// <summary>A port at which connections are refused. It is held, so that nobody else comes to listen there.</summary>
internal sealed class ClosedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public string Connection => "sc://127.0.0.1:" + ((IPEndPoint)_socket.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);

    public void Dispose() => _socket.Dispose();
}
