using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.TrainingChild;

/// <summary>Random calls on random values, the same on all ranks, whose results depend on every rank.</summary>
/// <param name="seed">Says which.</param>
/// <param name="isWhole">Whether values are whole numbers, whose sums are the same in any order.</param>
internal sealed class RoundProgram(int seed, bool isWhole) : IDisposable
{
    private const int FewValues = 2_000;
    private const int ManyValues = 150_000;

    private readonly Random _random = new(seed);
    private readonly IncrementalHash _results = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Hash of all results of this rank.</summary>
    public string Hash => Convert.ToHexString(_results.GetCurrentHash())[..16];

    /// <summary>Makes the next call.</summary>
    public void Call(ProcessGroup group)
    {
        var (kind, length) = (_random.Next(8), _random.Next(4) == 0 ? _random.Next(FewValues, ManyValues) : _random.Next(FewValues));
        var (root, world) = (_random.Next(group.WorldSize), group.WorldSize);
        var values = Values(length, new Random(_random.Next() ^ (group.Rank * 7919)));
        switch (kind)
        {
            case 0:
                group.AllReduce<float>(values, tensor: "gradients");
                Take<float>(values);
                break;
            case 1:
                group.StartAllReduce<float>(values, ReduceOperation.Average, "bucket").Wait();
                Take<float>(values);
                break;
            case 2:
                group.AllReduce<float>(values, ReduceOperation.Maximum, "bounds");
                Take<float>(values);
                break;
            case 3:
                group.Broadcast<float>(values, root, "weights");
                Take<float>(values);
                break;
            case 4:
                var all = new float[length * world];
                group.AllGather<float>(values, all, tensor: "rows");
                Take<float>(all);
                break;
            case 5:
                var part = new float[length / world];
                group.ReduceScatter<float>(values.AsSpan(0, part.Length * world), part, tensor: "shards");
                Take<float>(part);
                break;
            case 6:
                var received = new float[length / world * world];
                group.AllToAll<float>(values.AsSpan(0, received.Length), received, "exchange");
                Take<float>(received);
                break;
            default:
                group.Barrier("step");
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _results.Dispose();

    private void Take<T>(ReadOnlySpan<T> results)
        where T : unmanaged => _results.AppendData(MemoryMarshal.AsBytes(results));

    private float[] Values(int length, Random random)
    {
        var values = new float[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = isWhole ? random.Next(-1000, 1000) : random.NextSingle() - 0.5f;
        }

        return values;
    }
}
