namespace Mlp.Training.Distributed.Scaling;

/// <summary>
/// Reckons how a training step scales to devices that one does not have, from a step that one has measured and the bandwidths and latencies of a cluster. All devices are taken to be equally fast and never late, the network to be without
/// other traffic; so it tells the best that can be expected.
/// </summary>
/// <remarks>
/// A ring of N ranks moves S bytes in 2(N - 1) steps of S/N: t = 2(N - 1)/N · S/B + 2(N - 1)·α, with bandwidth B and latency α of its slowest link (Patarasu and Yuan 2009). In hosts of g devices, h hosts: the ring in the host
/// with its bandwidth and latency, and across hosts g rings of S/g side by side, which share the host's network: 2(h - 1)/h · S/B + 2(h - 1)·α.
/// </remarks>
public static class ScalingSimulator
{
    /// <summary>Time to add up values over devices.</summary>
    /// <param name="byteCount">Bytes on each device.</param>
    /// <param name="deviceCount">Devices, 1 or more; they fill hosts one after the other.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="model">How they add up.</param>
    /// <exception cref="ArgumentException">The cluster makes no sense, or there is no device.</exception>
    public static TimeSpan Reduce(long byteCount, int deviceCount, ClusterDescription cluster, ReductionModel model)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        if (deviceCount < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(deviceCount), FormattableString.Invariant($"Expected a device or more, but found {deviceCount}."));
        }

        CheckBytes(byteCount, nameof(byteCount));
        cluster.Validate();
        var (local, hosts) = (Math.Min(deviceCount, cluster.DevicesPerHost), (deviceCount + cluster.DevicesPerHost - 1) / cluster.DevicesPerHost);
        var network = cluster.NetworkBytesPerSecond * cluster.NetworkShare;
        return TimeSpan.FromSeconds(
            hosts == 1 ? Ring(byteCount, deviceCount, cluster.HostBytesPerSecond, cluster.HostLatency)
            : model == ReductionModel.Ring ? Ring(byteCount, deviceCount, Math.Min(network, cluster.HostBytesPerSecond), cluster.NetworkLatency)
            : Ring(byteCount, local, cluster.HostBytesPerSecond, cluster.HostLatency) + Ring(byteCount, hosts, network, cluster.NetworkLatency));
    }

    /// <summary>Predicts a step.</summary>
    /// <param name="step">The step of one device.</param>
    /// <param name="deviceCount">Devices, 1 or more.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="model">How gradients are added up.</param>
    /// <param name="overlaps">Whether gradients travel during the backward pass.</param>
    /// <param name="fusionBytes">Up to how many bytes of gradients that are complete travel together; 0 for each by itself.</param>
    /// <exception cref="ArgumentException">The cluster makes no sense, or there is no device.</exception>
    public static ScalingPrediction Predict(StepProfile step, int deviceCount, ClusterDescription cluster, ReductionModel model, bool overlaps = true, long fusionBytes = 0)
    {
        ArgumentNullException.ThrowIfNull(step);
        CheckBytes(fusionBytes, nameof(fusionBytes));
        var (gradients, free, busy) = (step.Gradients, TimeSpan.Zero, TimeSpan.Zero);
        for (var next = 0; next < gradients.Count;)
        {
            var start = overlaps ? Max(free, gradients[next].ReadyAt) : Max(free, step.Backward);
            var bytes = gradients[next++].ByteCount;
            while (next < gradients.Count && (!overlaps || gradients[next].ReadyAt <= start) && bytes + gradients[next].ByteCount <= fusionBytes)
            {
                bytes += gradients[next++].ByteCount;
            }

            var time = Reduce(bytes, deviceCount, cluster, model);
            (free, busy) = (start + time, busy + time);
        }

        var exposed = Max(TimeSpan.Zero, free - step.Backward);
        var whole = step.Compute + exposed;
        return new(deviceCount, whole, busy, exposed, whole > TimeSpan.Zero ? step.Compute / whole : 1);
    }

    private static double Ring(long byteCount, int ranks, double bytesPerSecond, TimeSpan latency)
        => ranks == 1 ? 0 : (2.0 * (ranks - 1) / ranks * byteCount / bytesPerSecond) + (2 * (ranks - 1) * latency.TotalSeconds);

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static void CheckBytes(long count, string parameterName)
    {
        if (count < 0)
        {
            throw new ArgumentOutOfRangeException(parameterName, FormattableString.Invariant($"Expected no byte or more, but found {count}."));
        }
    }
}
