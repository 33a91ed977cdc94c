using System.Globalization;

namespace Mlp.Training.Distributed.Collectives.SharedMemory;

/// <summary>Whether the ranks of a host have a processor each, so that looking for values is of more use than sleeping.</summary>
internal static class WaitProcessors
{
    private const string Online = "/sys/devices/system/cpu/online";

    /// <summary>Whether there are more ranks than processors. A launcher such as mpirun binds each rank to a processor of its own; a process that has only one is taken for such a rank.</summary>
    public static bool AreFewerThan(int ranks)
        => ranks > (Environment.ProcessorCount == 1 && File.Exists(Online) ? Count(File.ReadAllText(Online)) : Environment.ProcessorCount);

    /// <summary>Counts a list such as <c>0-3,8</c>.</summary>
    public static int Count(string list)
    {
        var count = 0;
        foreach (var range in list.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            count += int.Parse(ends[^1], CultureInfo.InvariantCulture) - int.Parse(ends[0], CultureInfo.InvariantCulture) + 1;
        }

        return count;
    }
}
