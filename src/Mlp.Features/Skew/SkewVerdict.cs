using System.Text.Json.Serialization;

namespace Mlp.Features.Skew;

/// <summary>Why a served value is not the one that the offline store gives for the same entity and time.</summary>
public enum SkewVerdict
{
    /// <summary>Skew: the offline store has the row that was served, or one of its event time, but with another value or status. Nothing that a user does with the store explains it, except pushing a correction of the same event time online only.</summary>
    [JsonStringEnumMemberName("different-value")]
    DifferentValue = 1,

    /// <summary>The offline store has no row of the event time that was served: it was pushed online only.</summary>
    [JsonStringEnumMemberName("online-only")]
    OnlineOnly = 2,

    /// <summary>The offline store has a later row, taken in there, that the online store still does not have: it was not materialized.</summary>
    [JsonStringEnumMemberName("not-materialized")]
    NotMaterialized = 3,

    /// <summary>The offline store has a later row, taken in there, that the online store has now and did not have when it served: it was materialized after.</summary>
    [JsonStringEnumMemberName("materialized-late")]
    MaterializedLate = 4,

    /// <summary>The offline store has a later row that was pushed there only.</summary>
    [JsonStringEnumMemberName("offline-only")]
    OfflineOnly = 5,

    /// <summary>The offline store has a later row that was pushed after it was served, although its times lie before.</summary>
    [JsonStringEnumMemberName("pushed-late")]
    PushedLate = 6,

    /// <summary>The question was about a time before the request. The online store keeps one row of an entity and knows what came since; the offline store answers as of then.</summary>
    [JsonStringEnumMemberName("question-about-the-past")]
    QuestionAboutThePast = 7,

    /// <summary>
    /// Skew: the method of an on-demand view gives something else for the same request than it gave when it was served. It depends on something that is not a field of the request: a clock, chance, state, a setting.
    /// A training set cannot have what was served.
    /// </summary>
    [JsonStringEnumMemberName("not-repeatable")]
    NotRepeatable = 8,
}
