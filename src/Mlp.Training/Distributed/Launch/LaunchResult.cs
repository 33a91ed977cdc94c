using System.Globalization;

namespace Mlp.Training.Distributed.Launch;

/// <summary>How the ranks of a launch ended.</summary>
/// <param name="ExitCodes">Exit code of each rank; 128 and the number of the signal where one ended it, as 137 for SIGKILL.</param>
/// <param name="FirstFailedRank">The rank that failed first; null where none did.</param>
public sealed record LaunchResult(IReadOnlyList<int> ExitCodes, int? FirstFailedRank)
{
    private const int SignalBase = 128;

    /// <summary>Whether all ranks ended with exit code 0.</summary>
    public bool IsSuccess => FirstFailedRank is null;

    /// <summary>"Rank 2 of 4 ended first, by signal 9." Null where none failed.</summary>
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
            return string.Create(CultureInfo.InvariantCulture, $"Rank {rank} of {ExitCodes.Count} failed first: it ended {how}.");
        }
    }
}
