using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>The settings of a session. Thread-safe.</summary>
public sealed class SparkSettings
{
    private readonly SparkChannel _channel;

    internal SparkSettings(SparkChannel channel) => _channel = channel;

    /// <summary>Reads a setting.</summary>
    /// <param name="name">Its name, for example <c>spark.sql.session.timeZone</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its value; null where it has none.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    public async Task<string?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var response = await _channel.ConfigureAsync(new() { GetOption = new() { Keys = { name } } }, cancellationToken).ConfigureAwait(false);
        return response.Pairs.FirstOrDefault(p => p.Key == name) is { HasValue: true } pair ? pair.Value : null;
    }

    /// <summary>Changes a setting.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="SparkException">The setting cannot be changed, or has no such value.</exception>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    public async Task SetAsync(string name, string value, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(value);
        await _channel.ConfigureAsync(new() { Set = new() { Pairs = { new KeyValue { Key = name, Value = value } } } }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a setting its default again.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="SparkException">The setting cannot be changed.</exception>
    /// <exception cref="SparkConnectionException">The server cannot be reached.</exception>
    public async Task UnsetAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        await _channel.ConfigureAsync(new() { Unset = new() { Keys = { name } } }, cancellationToken).ConfigureAwait(false);
    }
}
