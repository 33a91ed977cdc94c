using System.Globalization;
using System.Text.Json.Serialization;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Where a rank runs.</summary>
/// <param name="Host">The machine.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Processors">How many processors the process may use: those that it is bound to, or fewer where a control group gives it less time.</param>
/// <param name="Affinity">Which ones it is bound to, as Linux writes it: "0-3,8"; empty where the system does not tell.</param>
internal sealed record RankPlace(string Host, int ProcessId, int Processors, string Affinity)
{
    private const string Status = "/proc/self/status";
    private const string Label = "Cpus_allowed_list:";

    /// <summary>Where this process runs.</summary>
    public static RankPlace Here { get; } = new(Environment.MachineName, Environment.ProcessId, Environment.ProcessorCount, ReadAffinity(Environment.ProcessorCount));

    /// <summary>The numbers of the processors in <see cref="Affinity"/>.</summary>
    [JsonIgnore]
    public IReadOnlySet<int> ProcessorNumbers => Parse(Affinity);

    // A thread library may have bound the main thread, whose list this is, to a processor of its own. Then the list is shorter than what the process could use when it began.
    private static string ReadAffinity(int processors)
    {
        try
        {
            var text = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(l => l.StartsWith(Label, StringComparison.Ordinal))?[Label.Length..].Trim() ?? "" : "";
            return Parse(text).Count >= processors ? text : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static HashSet<int> Parse(string list)
    {
        var numbers = new HashSet<int>();
        foreach (var range in list.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                return [];
            }

            numbers.UnionWith(Enumerable.Range(first, Math.Max(0, last - first + 1)));
        }

        return numbers;
    }
}
