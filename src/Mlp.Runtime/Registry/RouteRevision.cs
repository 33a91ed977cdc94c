using System.Text.Json.Serialization;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Registry;

/// <summary>One change of a model's route, as its file records it. The file with the highest revision says what the route is; the others are its history.</summary>
internal sealed record RouteRevision
{
    /// <summary>The newest format this version writes and reads.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "mlp-model-route";

    public string Format { get; } = FormatName;

    public int FormatVersion { get; init; } = CurrentFormatVersion;

    public required string Model { get; init; }

    public required long Revision { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    public string? Reason { get; init; }

    /// <summary>The route; null says that it was removed, and so that the options decide.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required ModelRoute? Route { get; init; }

    public StoredRoute ToStored() => new(Route, Revision, ChangedAt, Reason);
}
