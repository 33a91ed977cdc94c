using System.Globalization;

namespace Mlp.Training.Distributed.Launch;

/// <summary>How the ranks of a launch ended.</summary>
/// <param name="ExitCodes">Exit code of each rank; 128 and the number of the signal where one ended it, as 137 for SIGKILL.</param>
/// <param name="FirstFailedRank">The rank that failed first; null where none did.</param>
public sealed record LaunchResult(IReadOnlyList<int> ExitCodes, int? FirstFailedRank)
{
    private const int SignalBase = 128;

    /// <summary>Whether all ranks ended with exit code 0, or, with <see cref="LocalLauncherOptions.KeepsOthers"/>, others went on after the first failure and one of them at least ended with exit code 0 then.</summary>
    public bool IsSuccess => FirstFailedRank is null || EndedAfter.Count > 0;

    /// <summary>Ranks that ended with exit code 0 after the first one had failed, in that order: those that have done the work without it. Empty without <see cref="LocalLauncherOptions.KeepsOthers"/>.</summary>
    public IReadOnlyList<int> EndedAfter { get; init; } = [];

    /// <summary>Ranks that had ended with exit code 0 before the first one failed, in that order. Where the others still needed them, they are to blame.</summary>
    public IReadOnlyList<int> EndedBefore { get; init; } = [];

    /// <summary>"Rank 2 of 4 failed first: it ended by signal 9. Before it rank 1 had ended with exit code 0." Null where none failed.</summary>
    public string? Failure
    {
        get
        {
            if (FirstFailedRank is not { } rank)
            {
                return null;
            }

            var code = ExitCodes[rank];
            var how = code > SignalBase ? $"by signal {code - SignalBase}" : $"with exit code {code}";
            return string.Create(CultureInfo.InvariantCulture, $"Rank {rank} of {ExitCodes.Count} failed first: it ended {how}.{Before()}");
        }
    }

    private string Before() => EndedBefore.Count switch
    {
        0 => "",
        1 => $" Before it rank {EndedBefore[0]} had ended with exit code 0.",
        _ => $" Before it ranks {string.Join(", ", EndedBefore)} had ended with exit code 0.",
    };
}
