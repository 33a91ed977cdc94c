using System.Globalization;
using Mlp.Training.Networks.Interop;

namespace Mlp.Training.Networks.Devices;

/// <summary>Where each replica trains, from what the options say.</summary>
internal static class DeviceChoice
{
    /// <summary>The processor.</summary>
    public const string Cpu = "cpu";

    /// <summary>A GPU.</summary>
    public const string Cuda = "cuda";

    /// <summary>A GPU where there is one.</summary>
    public const string Auto = "auto";

    private const int MaximumNumber = 1023;

    /// <summary>Whether a text names a device.</summary>
    public static bool IsKnown(string? text) => text is Cpu or Cuda or Auto || NumberOf(text) is not null;

    /// <summary>The GPU that a text names by its number; null where it names none.</summary>
    public static int? NumberOf(string? text)
        => text is not null && text.StartsWith($"{Cuda}:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MaximumNumber
            ? number
            : null;

    /// <summary>The devices of the replicas of this process.</summary>
    /// <param name="text">What the options say; <see cref="IsKnown"/>.</param>
    /// <param name="replicas">How many there are.</param>
    /// <param name="localRank">The process's number on its host, where others train with it; null where nobody says.</param>
    /// <param name="gpus">What there is.</param>
    /// <exception cref="GpuUnavailableException">A GPU that was asked for is not there.</exception>
    public static TrainingDevice[] Of(string text, int replicas, int? localRank, IGpuInventory gpus)
    {
        if (text == Cpu || (text == Auto && (!gpus.HasCuda || gpus.Count < replicas)))
        {
            return [.. Enumerable.Repeat(TrainingDevice.Host, replicas)];
        }

        ThrowIfNone(text, gpus);
        var count = gpus.Count;
        if (NumberOf(text) is { } number)
        {
            return number < count ? [.. Enumerable.Repeat(new TrainingDevice(number, false), replicas)] : throw new GpuUnavailableException(string.Create(
                CultureInfo.InvariantCulture, $"Expected device '{text}' among the {count} GPUs that are visible, which are 'cuda:0' to 'cuda:{count - 1}'."));
        }

        if (replicas > count)
        {
            throw new GpuUnavailableException(string.Create(
                CultureInfo.InvariantCulture, $"Expected a GPU for each of {replicas} replicas, but {count} {(count == 1 ? "is" : "are")} visible: take fewer, or set DataParallelOptions.ReplicaPerGpu."));
        }

        // A launcher that shows each process its own GPU shows one, whatever the process's number.
        var first = replicas > 1 || count == 1 ? 0 : localRank ?? 0;
        return first < count ? [.. Enumerable.Range(first, replicas).Select(n => new TrainingDevice(n, false))] : throw new GpuUnavailableException(string.Create(
            CultureInfo.InvariantCulture, $"Expected a GPU for process {first} of this host, but only {count} are visible."));
    }

    /// <summary>How many replicas there are where each GPU gets one.</summary>
    /// <param name="text">What the options say.</param>
    /// <param name="gpus">What there is.</param>
    /// <exception cref="GpuUnavailableException">There is no GPU.</exception>
    public static int ReplicasOf(string text, IGpuInventory gpus)
    {
        if (text == Auto && (!gpus.HasCuda || gpus.Count == 0))
        {
            return 1;
        }

        ThrowIfNone(text, gpus);
        return gpus.Count;
    }

    /// <summary>Checks that this libtorch can be told what a GPU needs.</summary>
    /// <exception cref="PlatformNotSupportedException">It cannot.</exception>
    public static void ThrowIfUnsupported(TrainingDevice device)
    {
        if (!device.IsHost && !TorchAbi.IsAvailable)
        {
            throw new PlatformNotSupportedException("Expected libtorch 2.10 on Linux x64 to train on a GPU, but found another: train on the processor.");
        }
    }

    private static void ThrowIfNone(string text, IGpuInventory gpus)
    {
        if (!gpus.HasCuda)
        {
            throw new GpuUnavailableException($"Expected device '{text}', but libtorch here has no CUDA: take the package TorchSharp-cuda-linux in place of libtorch-cpu-linux-x64, or ask for '{Auto}'.");
        }

        if (gpus.Count == 0)
        {
            throw new GpuUnavailableException(
                $"Expected device '{text}', but no GPU is visible: there is none, its driver is not loaded, or CUDA_VISIBLE_DEVICES hides it. Ask for '{Auto}' to train on the processor then.");
        }
    }
}
