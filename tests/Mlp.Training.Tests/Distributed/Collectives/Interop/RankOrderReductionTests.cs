using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Xunit;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Interop;

namespace Mlp.Training.Tests.Distributed.Collectives.Interop;

public sealed class RankOrderReductionTests
{
    [Property(MaxTest = 60)]
    public void Pieces_OfAnyType_AreTheScalarReductionToTheBit(DoNotSize<int> seed)
    {
        var number = CollectiveCase.From(seed.Item);
        switch ((uint)seed.Item % 5)
        {
            case 0:
                Check<float>(ElementType.Float32, number);
                break;
            case 1:
                Check<double>(ElementType.Float64, number);
                break;
            case 2:
                Check<Half>(ElementType.Float16, number);
                break;
            case 3:
                Check<BFloat16>(ElementType.BFloat16, number);
                break;
            default:
                Check<long>(ElementType.Int64, number with { Operation = ReduceOperation.Product });
                break;
        }
    }

    private static void Check<T>(ElementType element, CollectiveCase number)
        where T : unmanaged
    {
        var all = number.All<T>();
        var accumulator = new byte[number.Length * RankOrderReduction.AccumulatorSize(element)];
        var result = new T[number.Length];

        RankOrderReduction.Begin(element, MemoryMarshal.AsBytes(all[0].AsSpan()), accumulator);
        foreach (var values in all[1..])
        {
            RankOrderReduction.Add(element, number.Operation, accumulator, MemoryMarshal.AsBytes(values.AsSpan()));
        }

        RankOrderReduction.End(element, number.Operation, number.WorldSize, accumulator, MemoryMarshal.AsBytes(result.AsSpan()));

        Assert.True(ScalarReference.AreSame<T>(ScalarReference.Reduce(all, number.Operation), result));
    }
}
