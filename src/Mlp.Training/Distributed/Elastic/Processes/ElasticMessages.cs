using System.Text.Json.Serialization;

namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>What a member says to another one that it calls.</summary>
internal sealed record ElasticCall
{
    /// <summary>Whether it only asks how the other is; otherwise it comes to gather.</summary>
    public bool IsProbe { get; init; }

    /// <summary>Who calls.</summary>
    public required ElasticMember Member { get; init; }

    /// <summary>The generation that it was in; null for a newcomer.</summary>
    public ElasticRoster? Adopted { get; init; }

    /// <summary>Generations that it has been told of since, without learning whether they were formed.</summary>
    public IReadOnlyList<ElasticRoster> Prepared { get; init; } = [];

    /// <summary>What it does.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a member answers.</summary>
internal sealed record ElasticAnswer
{
    /// <summary>What the caller has to do.</summary>
    public required ElasticAnswerKind Kind { get; init; }

    /// <summary>What the member that answers is doing.</summary>
    public ElasticPhase Phase { get; init; }

    /// <summary>The generation that is to be formed, or that the member works in.</summary>
    public ElasticRoster? Roster { get; init; }

    /// <summary>Whom to call instead.</summary>
    public ElasticMember? Other { get; init; }

    /// <summary>The port where the next group meets.</summary>
    public int Port { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public string Text { get; init; } = "";
}

/// <summary>Kinds of <see cref="ElasticAnswer"/>.</summary>
internal enum ElasticAnswerKind
{
    /// <summary>A sign of life: the caller waits on; to a probe, how things stand.</summary>
    Wait,

    /// <summary>Call another.</summary>
    Redirect,

    /// <summary>Remember the roster and say so.</summary>
    Prepare,

    /// <summary>All have said so: go.</summary>
    Commit,

    /// <summary>The others have gone on without the caller.</summary>
    GivenUp,

    /// <summary>The caller does something else than the group.</summary>
    Refused,

    /// <summary>Those who have gathered give up: too few.</summary>
    BelowMinimum,

    /// <summary>Those who have gathered give up: no majority.</summary>
    NoMajority,
}

/// <summary>How messages are written and read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ElasticCall))]
[JsonSerializable(typeof(ElasticAnswer))]
internal sealed partial class ElasticJson : JsonSerializerContext;
