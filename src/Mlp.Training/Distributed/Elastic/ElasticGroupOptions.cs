using System.ComponentModel.DataAnnotations;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>Settings of a group whose members may be lost and may join while it works. They are the same on all members.</summary>
public sealed class ElasticGroupOptions
{
    /// <summary>Members without whom the group does not go on, 1 to 65,536.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 65536)]
    public int MinimumMembers { get; set; } = 1;

    /// <summary>Members at most, 1 to 65,536; more wait until there is room.</summary>
    /// <value>The default value is 65,536.</value>
    [Range(1, 65536)]
    public int MaximumMembers { get; set; } = 65536;

    /// <summary>How long those that are left wait for others in the place of those that are lost, before they go on with fewer: 0 to 7 days.</summary>
    /// <value>The default value is 0: they go on at once.</value>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan WaitForReplacement { get; set; }

    /// <summary>How long they wait where they are fewer than <see cref="MinimumMembers"/>, or no majority of those that were there before, 0 to 7 days. Then all of them throw.</summary>
    /// <value>The default value is 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan WaitForMinimum { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a member that gives signs of life, but does not come to form the group anew, is waited for: 0.1 seconds to 1 day. It is longer than what a member does between two calls. One that was to blame for the
    /// failure is not waited for.
    /// </summary>
    /// <value>The default value is 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan WaitForMembers { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a member that was given up (it stalled, and the others went on) joins again as a new one. Otherwise it throws.</summary>
    /// <value>The default value is false.</value>
    public bool RejoinsWhenGivenUp { get; set; }

    /// <summary>
    /// Where a process that joins asks, "host:port" each, beside <see cref="Launch.RendezvousOptions.MasterAddress"/> and <see cref="Launch.RendezvousOptions.MasterPort"/>: other hosts of the group, of which one member
    /// each answers at that port.
    /// </summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>Settings of the groups that the members form one after the other; their rendezvous says where the first member waits and how many members begin.</summary>
    public ProcessGroupOptions Group { get; set; } = new();

    /// <summary>A copy that nobody changes.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    internal ElasticGroupOptions Validated()
    {
        OptionRanges.ThrowIfViolated(this);
        ArgumentNullException.ThrowIfNull(Group);
        if (MaximumMembers < MinimumMembers)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{nameof(ElasticGroupOptions)}.{nameof(MaximumMembers)} must be at least {nameof(MinimumMembers)}, which is {MinimumMembers}, but is {MaximumMembers}."));
        }

        if (Group.Backend is not (CollectiveTransport.Auto or CollectiveTransport.Tcp))
        {
            throw new ArgumentException(
                $"Expected {nameof(ElasticGroupOptions)}.{nameof(Group)}.{nameof(Group.Backend)} to be Auto or Tcp, but found {Group.Backend}, which does not outlive the loss of a rank.");
        }

        var copy = (ElasticGroupOptions)MemberwiseClone();
        copy.Group = Group.Validated();
        return copy;
    }
}
