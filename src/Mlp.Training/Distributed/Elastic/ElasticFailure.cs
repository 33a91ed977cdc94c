namespace Mlp.Training.Distributed.Elastic;

/// <summary>Why a member of an elastic group cannot go on.</summary>
public enum ElasticFailure
{
    /// <summary>Too few members are left, and no others came in time.</summary>
    BelowMinimum,

    /// <summary>Those that are left are no majority of those that were there before, so the others may have gone on.</summary>
    NoMajority,

    /// <summary>The others have gone on without this member.</summary>
    GivenUp,

    /// <summary>The group does not take this member, which would do something else.</summary>
    Refused,

    /// <summary>Forming the group has failed again and again.</summary>
    Unsettled,

    /// <summary>The local launcher of this member has ended, so that nobody would end it.</summary>
    LauncherEnded,
}
