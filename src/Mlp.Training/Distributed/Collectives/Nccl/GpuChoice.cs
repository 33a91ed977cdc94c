using System.Globalization;

namespace Mlp.Training.Distributed.Collectives.Nccl;

/// <summary>Which GPUs are taken of those that are visible.</summary>
internal static class GpuChoice
{
    /// <summary>The GPU of a rank that is a process.</summary>
    /// <param name="asked">What the options say; null for nothing.</param>
    /// <param name="localRank">The process's number on its host; null where nobody says.</param>
    /// <param name="visible">How many there are.</param>
    /// <exception cref="GpuUnavailableException">There is none of that number.</exception>
    public static int Of(int? asked, int? localRank, int visible)
    {
        ThrowIfNone(visible);

        // A launcher that shows each process its own GPU shows one, whatever the process's number.
        var device = asked ?? (visible == 1 ? 0 : localRank ?? 0);
        var source = asked is null ? "the number of the process on its host" : "NcclOptions.Device";
        return device < visible ? device : throw new GpuUnavailableException(string.Create(
            CultureInfo.InvariantCulture, $"Expected a GPU of number 0 to {visible - 1}, which are visible, but {source} is {device}."));
    }

    /// <summary>The GPUs of a group in this process.</summary>
    /// <param name="asked">Their numbers; null for all.</param>
    /// <param name="visible">How many there are.</param>
    /// <exception cref="GpuUnavailableException">One is not there.</exception>
    /// <exception cref="ArgumentException">One is named twice, or none is.</exception>
    public static int[] Of(IReadOnlyList<int>? asked, int visible)
    {
        if (asked is { Count: 0 } || asked?.Distinct().Count() != asked?.Count)
        {
            throw new ArgumentException($"Expected at least one GPU and each once, but found [{string.Join(", ", asked!)}].", nameof(asked));
        }

        ThrowIfNone(visible);
        foreach (var device in asked ?? [])
        {
            if (device < 0 || device >= visible)
            {
                throw new GpuUnavailableException(string.Create(CultureInfo.InvariantCulture, $"Expected GPUs of number 0 to {visible - 1}, which are visible, but {device} was asked for."));
            }
        }

        return asked is null ? [.. Enumerable.Range(0, visible)] : [.. asked];
    }

    private static void ThrowIfNone(int visible)
    {
        if (visible == 0)
        {
            throw new GpuUnavailableException("Expected a GPU, but none is visible: there is none, its driver is not loaded, or CUDA_VISIBLE_DEVICES hides it.");
        }
    }
}
