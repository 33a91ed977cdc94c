namespace Mlp.Training.Distributed.Elastic;

/// <summary>When those who have gathered are enough for the next generation.</summary>
/// <param name="Options">Settings.</param>
/// <param name="Former">Members of the generation before; of the first one those that are to begin.</param>
/// <param name="IsFirst">Whether there was none before.</param>
internal readonly record struct FormationRule(ElasticGroupOptions Options, int Former, bool IsFirst)
{
    /// <summary>Decides.</summary>
    /// <param name="present">Those who have come, newcomers included.</param>
    /// <param name="awaited">Members of the generation before who may still come; of the first one those that are to begin and have neither come nor ended.</param>
    /// <param name="isMajority">Whether those who have come may go on for all.</param>
    /// <param name="waited">How long the first has waited.</param>
    public FormationStep Decide(int present, int awaited, bool isMajority, TimeSpan waited)
    {
        if (IsFirst)
        {
            var isOver = waited >= Options.Group.Rendezvous.Timeout;
            var hasAll = present >= Former || (awaited == 0 && waited >= Options.WaitForReplacement);
            return present >= Options.MinimumMembers && (hasAll || isOver) ? FormationStep.Form
                : isOver ? FormationStep.BelowMinimum
                : FormationStep.Wait;
        }

        if (awaited > 0)
        {
            return FormationStep.Wait;
        }

        if (!isMajority || present < Options.MinimumMembers)
        {
            return waited < Options.WaitForMinimum ? FormationStep.Wait : isMajority ? FormationStep.BelowMinimum : FormationStep.NoMajority;
        }

        return present < Math.Min(Former, Options.MaximumMembers) && waited < Options.WaitForReplacement ? FormationStep.Wait : FormationStep.Form;
    }

    /// <summary>Why those who have gathered give up.</summary>
    /// <param name="step">Which way.</param>
    /// <param name="present">Those who have come.</param>
    /// <param name="missing">What is known of those who have not, in words.</param>
    public ElasticGroupException Failure(FormationStep step, int present, IReadOnlyCollection<string> missing)
    {
        var (waited, who) = (
            Collectives.CollectiveSentences.Duration(IsFirst ? Options.Group.Rendezvous.Timeout : Options.WaitForMinimum),
            missing.Count == 0 ? "" : $" Missing: {string.Join("; ", missing)}.");
        return step == FormationStep.NoMajority
            ? new(ElasticFailure.NoMajority, FormattableString.Invariant(
                $"Expected a majority of the {Former} members of group '{Options.Group.Name}' within {waited}, but {present} came: the others may have gone on by themselves.{who}"))
            : new(ElasticFailure.BelowMinimum, FormattableString.Invariant(
                $"Expected at least {Options.MinimumMembers} members of group '{Options.Group.Name}' within {waited}, but {present} came.{who}"));
    }
}
