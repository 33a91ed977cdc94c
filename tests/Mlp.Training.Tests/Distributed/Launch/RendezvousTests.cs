using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Launch;

/// <summary>Who does not fit is refused with a reason, and the others go on.</summary>
public sealed class RendezvousTests
{
    [Fact]
    public async Task Join_WrongSecret_IsRefusedAndTheRightOneJoins()
    {
        var port = LoopbackPorts.Take();
        var zero = ProcessGroup.ConnectAsync(Options(0, port, "right"));

        var refused = await Assert.ThrowsAsync<RendezvousException>(() => ProcessGroup.ConnectAsync(Options(1, port, "wrong")));
        var one = ProcessGroup.ConnectAsync(Options(1, port, "right"));

        Assert.Contains("its proof does not fit: the secrets differ", refused.Message, StringComparison.Ordinal);
        await LoopbackRanks.DisposeAsync([await zero, await one]);
    }

    [Fact]
    public async Task Join_NoSecretWhereThereIsOne_IsRefused()
    {
        var port = LoopbackPorts.Take();
        using var stop = new CancellationTokenSource();
        var zero = ProcessGroup.ConnectAsync(Options(0, port, "right"), stop.Token);

        await Assert.ThrowsAsync<RendezvousException>(() => ProcessGroup.ConnectAsync(Options(1, port)));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => zero);
    }

    [Fact]
    public async Task Hear_CallerThatProvesNothing_IsToldSoByRankZero()
    {
        // What a caller without the secret would do that skips the listener's proof.
        using var listener = RendezvousHost.Listen(IPAddress.Loopback, 0);
        using var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync(listener.LocalEndPoint!);
        using var accepted = await listener.AcceptAsync();
        var hearing = PeerHandshake.HearAsync(accepted, new GroupSecret("right"), CancellationToken.None);

        await caller.SendAsync((byte[])[.. "MLPG"u8, 1, 0, .. new byte[32]]);
        await ReadAsync(caller, 4 + 2 + 64);
        await caller.SendAsync((byte[])[3, 0, 0, 0, 1, 2, 3, .. new byte[32]]);
        var answer = await ReadAsync(caller, 5);

        Assert.Equal(0, answer[0]);
        Assert.Contains("does not know this group's secret", (await Assert.ThrowsAsync<RendezvousException>(() => hearing)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_RankTwice_TheSecondIsRefused()
    {
        var port = LoopbackPorts.Take();
        var zero = ProcessGroup.ConnectAsync(Options(0, port, worldSize: 3));
        Task<ProcessGroup>[] twins = [ProcessGroup.ConnectAsync(Options(1, port, worldSize: 3)), ProcessGroup.ConnectAsync(Options(1, port, worldSize: 3))];

        var refused = await Assert.ThrowsAsync<RendezvousException>(async () => await await Task.WhenAny(twins));
        var two = ProcessGroup.ConnectAsync(Options(2, port, worldSize: 3));

        Assert.Contains("has joined already", refused.Message, StringComparison.Ordinal);
        await LoopbackRanks.DisposeAsync([await zero, await twins.Single(t => !t.IsFaulted), await two]);
    }

    [Theory]
    [InlineData("world", "Expected a world of 2 ranks, as rank 0 has it, but Rank 1")]
    [InlineData("deterministic", "Expected ProcessGroupOptions.Deterministic = True, as rank 0 has it, but Rank 1")]
    [InlineData("memory", "Expected TransportOptions.UseSharedMemory = True, as rank 0 has it, but Rank 1")]
    public async Task Join_WhatMustBeEqualDiffers_IsRefused(string what, string sentence)
    {
        var port = LoopbackPorts.Take();
        var zero = ProcessGroup.ConnectAsync(Options(0, port));
        var other = Options(1, port, worldSize: what == "world" ? 3 : 2);
        (other.Deterministic, other.Transport.UseSharedMemory) = (what != "deterministic", what != "memory");

        var refused = await Assert.ThrowsAsync<RendezvousException>(() => ProcessGroup.ConnectAsync(other));

        Assert.StartsWith(sentence, refused.Message, StringComparison.Ordinal);
        await LoopbackRanks.DisposeAsync([.. await Task.WhenAll(ProcessGroup.ConnectAsync(Options(1, port)), zero)]);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html,and so on and on\r\n\r\n")]
    [InlineData("MLP")]
    [InlineData("")]
    public async Task Join_BesideForeignCallers_IsNotDisturbed(string words)
    {
        var port = LoopbackPorts.Take();
        var zero = ProcessGroup.ConnectAsync(Options(0, port));
        using var foreign = await CallAsync(port);
        await foreign.SendAsync(System.Text.Encoding.ASCII.GetBytes(words));

        var one = await ProcessGroup.ConnectAsync(Options(1, port));

        await LoopbackRanks.DisposeAsync([await zero, one]);
    }

    [Fact]
    public async Task Join_NewerVersion_IsToldBoth()
    {
        using var listener = RendezvousHost.Listen(IPAddress.Loopback, 0);
        using var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync(listener.LocalEndPoint!);
        using var accepted = await listener.AcceptAsync();
        var hearing = PeerHandshake.HearAsync(accepted, new GroupSecret(null), CancellationToken.None);

        await caller.SendAsync((byte[])[.. "MLPG"u8, 9, 0, .. new byte[32]]);

        Assert.Contains("expected version 1 of the protocol, but it speaks version 9", (await Assert.ThrowsAsync<RendezvousException>(() => hearing)).Message, StringComparison.Ordinal);
        Assert.Equal([.. "MLPG"u8, 1, 0], (await ReadAsync(caller, 4 + 2 + 64))[..6]);
    }

    [Fact]
    public async Task Gather_RanksMissing_AllThatCameNameThemAndTheRefused()
    {
        var port = LoopbackPorts.Take();
        var clock = new ShiftedClock();
        var options = Options(0, port, "right", 4);
        options.TimeProvider = clock;
        var zero = Short(options, TimeSpan.FromMinutes(2));
        await Assert.ThrowsAsync<RendezvousException>(() => ProcessGroup.ConnectAsync(Options(2, port, "right", 5)));

        // That one of two is refused shows that the other has joined.
        Task<ProcessGroup>[] twins = [ProcessGroup.ConnectAsync(Options(1, port, "right", 4)), ProcessGroup.ConnectAsync(Options(1, port, "right", 4))];
        var refused = await Task.WhenAny(twins);
        Assert.Contains("has joined already", (await Assert.ThrowsAsync<RendezvousException>(() => refused)).Message, StringComparison.Ordinal);
        clock.Shift(TimeSpan.FromMinutes(2));

        var failures = new[] { await Assert.ThrowsAsync<RendezvousException>(() => zero), await Assert.ThrowsAsync<RendezvousException>(() => twins.Single(t => t != refused)) };

        Assert.All(failures, f => Assert.StartsWith("Expected 4 ranks at rank 0 within 120 s, but ranks 2, 3 did not come. Refused so far: Expected a world of 4 ranks", f.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(-1)]
    public void ReadAll_SettingsThatAreNone_IsARefusal(int count)
    {
        var bytes = RankDescription.WriteAll([new() { Rank = 1, WorldSize = 2, RunId = "", Host = "a", HostName = "a", ProcessId = 1, Settings = [] }]);
        BitConverter.TryWriteBytes(bytes.AsSpan(^4..), count);

        Assert.StartsWith("Expected the description of a rank", Assert.Throws<RendezvousException>(() => RankDescription.ReadAll(bytes, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gather_ManyRanks_EachHearsOfAllOfThem()
    {
        const int WorldSize = 300;
        var secret = new GroupSecret("right");
        var clock = new FakeTimeProvider();
        using var host = new RendezvousHost(Place(0), Describe(0), secret, clock, NullLogger.Instance);

        var gathering = host.GatherAsync(TimeSpan.FromMinutes(2), CancellationToken.None);
        var joined = await Task.WhenAll(Enumerable.Range(1, WorldSize - 1).Select(rank =>
            RendezvousCaller.JoinAsync(Place(rank) with { MasterPort = host.Port }, _ => Describe(rank), secret, TimeSpan.FromMinutes(2), clock, CancellationToken.None))).WaitAsync(TimeSpan.FromMinutes(2));
        var (ranks, sockets) = await gathering;

        var names = Enumerable.Range(0, WorldSize).Select(r => Describe(r).HostName).ToArray();
        Assert.Equal(names, ranks.Select(r => r.HostName));
        Assert.All(joined, j => Assert.Equal(names, j.Ranks.Select(r => r.HostName)));
        Array.ForEach([.. sockets, .. joined.Select(j => j.Socket)], s => s?.Dispose());

        static GroupPlace Place(int rank) => new(rank, WorldSize, "127.0.0.1", 0, "");

        // With such names the descriptions of all are longer than what a single rank may say.
        static RankDescription Describe(int rank) => new()
        {
            Rank = rank,
            WorldSize = WorldSize,
            RunId = "",
            Host = "here",
            HostName = $"{new string('h', 250)}{rank}",
            ProcessId = rank,
            Settings = [new("what is equal", new string('s', 500))],
        };
    }

    [Fact]
    public async Task Join_NobodyListens_SaysWhereAndWhy()
    {
        var failure = await Assert.ThrowsAsync<RendezvousException>(() => Short(Options(1, LoopbackPorts.Take()), TimeSpan.FromMilliseconds(300)));

        Assert.Contains("expected to join rank 0 at 127.0.0.1:", failure.Message, StringComparison.Ordinal);
        Assert.Contains("within 0.3 s, but it cannot be reached", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "whoever listens there does not speak as rank 0 does: another program may use this port")]
    [InlineData(true, "it has not said that all ranks are there")]
    public async Task Join_WhoListensStaysSilent_IsRankZeroOnlyWhereItHasProvedIt(bool proves, string sentence)
    {
        using var listener = RendezvousHost.Listen(IPAddress.Loopback, 0);
        var (port, secret, clock) = (((IPEndPoint)listener.LocalEndPoint!).Port, new GroupSecret("right"), new FakeTimeProvider());
        RankDescription own = new() { Rank = 1, WorldSize = 2, RunId = "", Host = "", HostName = "", ProcessId = 1, Settings = [] };
        var joining = RendezvousCaller.JoinAsync(new(1, 2, "127.0.0.1", port, ""), _ => own, secret, TimeSpan.FromMinutes(1), clock, CancellationToken.None);
        using var accepted = await listener.AcceptAsync();
        await (proves ? PeerHandshake.HearAsync(accepted, secret, CancellationToken.None) : ReadAsync(accepted, 4 + 2 + 32));

        clock.Advance(TimeSpan.FromMinutes(2));

        var failure = await Assert.ThrowsAsync<RendezvousException>(() => joining);
        Assert.StartsWith($"Rank 1 expected to join rank 0 at 127.0.0.1:{port} within 60 s, but {sentence}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listen_PortIsTaken_NamesIt()
    {
        using var taken = RendezvousHost.Listen(IPAddress.Loopback, 0);
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var failure = await Assert.ThrowsAsync<RendezvousException>(() => ProcessGroup.ConnectAsync(Options(0, port)));

        Assert.StartsWith($"Expected to listen at 127.0.0.1:{port}, but it failed", failure.Message, StringComparison.Ordinal);
    }

    private static Task<ProcessGroup> Short(ProcessGroupOptions options, TimeSpan timeout)
    {
        options.Rendezvous.Timeout = timeout;
        return ProcessGroup.ConnectAsync(options);
    }

    private static ProcessGroupOptions Options(int rank, int port, string? secret = null, int worldSize = 2)
    {
        var options = LoopbackRanks.Options(rank, worldSize, port);
        options.Rendezvous.Secret = secret;
        return options;
    }

    private static async Task<Socket> CallAsync(int port)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
                await Task.Yield();
            }
        }
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            read += await socket.ReceiveAsync(bytes.AsMemory(read)) is var some and > 0 ? some : throw new EndOfStreamException();
        }

        return bytes;
    }
}
