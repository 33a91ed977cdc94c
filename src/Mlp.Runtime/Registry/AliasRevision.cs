using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>One move of an alias, as its file records it. The file with the highest revision says where the alias points; the others are its history.</summary>
internal sealed record AliasRevision
{
    /// <summary>The newest format that is read.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "mlp-model-alias";

    public string Format { get; } = FormatName;

    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    public required string Model { get; init; }

    public required string Alias { get; init; }

    public required long Revision { get; init; }

    /// <summary>Where the alias points; null says that it was removed, and so that there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required int? Version { get; init; }

    public int? PreviousVersion { get; init; }

    public required DateTimeOffset MovedAt { get; init; }

    public string? Reason { get; init; }

    public AliasMove ToMove() => new(Version, Revision, MovedAt, PreviousVersion, Reason);

    public ModelAlias? ToAlias() => Version is { } version ? new(Alias, version, Revision, MovedAt, PreviousVersion, Reason) : null;
}
