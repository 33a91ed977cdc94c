namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>What a member is doing.</summary>
internal enum ElasticPhase
{
    /// <summary>It has not come yet.</summary>
    Idle,

    /// <summary>It looks for the member with whom all gather.</summary>
    Coming,

    /// <summary>All gather with it.</summary>
    Hosting,

    /// <summary>It has gathered with another.</summary>
    Guest,

    /// <summary>It works.</summary>
    Running,

    /// <summary>It has done all its work.</summary>
    Done,
}
