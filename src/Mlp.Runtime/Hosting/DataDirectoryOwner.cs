using System.Globalization;
using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Hosting;

/// <summary>Who owns a data directory, as written beside the lock for people; the lock itself is the operating system's.</summary>
/// <param name="ProcessId">Process id on its host.</param>
/// <param name="ProcessName">Name of the process.</param>
/// <param name="Host">Name of the host.</param>
/// <param name="StartedAt">When the process started, UTC.</param>
public sealed record DataDirectoryOwner(int ProcessId, string ProcessName, string Host, DateTimeOffset StartedAt)
{
    /// <summary>The format that is written; every format that has these properties is read.</summary>
    internal const int CurrentFormatVersion = 1;

    /// <summary>What the file says that it is.</summary>
    internal const string FormatName = "mlp-owner";

    [JsonInclude]
    [JsonPropertyOrder(-2)]
    internal string Format { get; init; } = FormatName;

    [JsonInclude]
    [JsonPropertyOrder(-1)]
    internal int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <inheritdoc/>
    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"process {ProcessId} ({ProcessName}) on host '{Host}', started {StartedAt:yyyy-MM-dd HH:mm:ss'Z'},");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DataDirectoryOwner))]
internal sealed partial class DataDirectoryOwnerJson : JsonSerializerContext;
