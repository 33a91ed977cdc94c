using System.Net.Sockets;

namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>What has come of coming to another member.</summary>
internal abstract record GuestOutcome
{
    private GuestOutcome()
    {
    }

    /// <summary>A generation is formed.</summary>
    /// <param name="Roster">Its members.</param>
    /// <param name="Address">Where its group meets.</param>
    /// <param name="Port">At which port.</param>
    public sealed record Formed(ElasticRoster Roster, string Address, int Port) : GuestOutcome
    {
        /// <summary>The socket that listens there, on the member with whom all have gathered; null on the others.</summary>
        public Socket? Listener { get; init; }
    }

    /// <summary>Another member is to be asked.</summary>
    public sealed record Redirected(ElasticMember Other) : GuestOutcome;

    /// <summary>The member does not answer, or not any more.</summary>
    /// <param name="Reason">Why, as the end of a sentence.</param>
    /// <param name="HasEnded">Whether its host says that nobody listens there.</param>
    public sealed record Unreachable(string Reason, bool HasEnded) : GuestOutcome;

    /// <summary>There is nothing to wait for.</summary>
    public sealed record Failed(ElasticGroupException Failure) : GuestOutcome;
}
