using StackExchange.Redis;

namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>redis-server with <c>appendfsync always</c>: a SET of a row, or an MSET of many. Callers share a connection, and the server flushes once for all commands that it finds waiting.</summary>
internal sealed class RedisPush : IPushWay
{
    private readonly RedisServer _server;
    private readonly IDatabase _database;

    private RedisPush(RedisServer server) => (_server, _database) = (server, server.Connection.GetDatabase());

    public string Name => "redis, appendfsync always";

    /// <summary>Starts a server, or returns null where none is installed.</summary>
    internal static async Task<RedisPush?> StartAsync(string directory)
        => await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0", "--dir", directory) is { } server ? new RedisPush(server) : null;

    public Task PushAsync(PushedRows rows)
    {
        if (rows.Count == 1)
        {
            return _database.StringSetAsync(KeyOf(rows, 0), ValueOf(rows, 0));
        }

        var pairs = new KeyValuePair<RedisKey, RedisValue>[rows.Count];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = new(KeyOf(rows, i), ValueOf(rows, i));
        }

        return _database.StringSetAsync(pairs);
    }

    public Task SettleAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static RedisKey KeyOf(PushedRows rows, int row) => "stats:" + rows.IdOf(row).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static RedisValue ValueOf(PushedRows rows, int row)
    {
        var logged = new byte[PushedRows.LogLength];
        rows.Encode(row, logged);
        return logged.AsMemory(PushedRows.LogLength - PushedRows.RowLength);
    }
}
