using FsCheck.Xunit;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Predictions;

public sealed class PredictionIdGeneratorTests
{
    private const long Now = 1_760_000_000_123;

    [Fact]
    public void Next_ManyOnSeveralThreads_AreUnique()
    {
        const int perThread = 1_000_000;
        var ids = new PredictionId[4][];
        var threads = Enumerable.Range(0, ids.Length).Select(t => new Thread(() =>
        {
            var own = new PredictionId[perThread];
            for (var i = 0; i < own.Length; i++)
            {
                own[i] = PredictionIdGenerator.Next(Now + (i / 100_000));
            }

            ids[t] = own;
        })).ToList();

        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        var all = ids.SelectMany(own => own).ToArray();
        Array.Sort(all);
        for (var i = 1; i < all.Length; i++)
        {
            Assert.True(all[i - 1] < all[i], "Two ids are equal.");
        }
    }

    [Fact]
    public void Next_OneMillisecond_GrowsOnEachThread()
    {
        var previous = PredictionIdGenerator.Next(Now);
        for (var i = 0; i < 1_000_000; i++)
        {
            var id = PredictionIdGenerator.Next(Now);
            Assert.True(previous < id);
            previous = id;
        }
    }

    [Property]
    public bool Next_AnyClock_GrowsOnEachThread(long[] milliseconds)
    {
        var grows = true;
        var thread = new Thread(() =>
        {
            var ids = milliseconds.Select(PredictionIdGenerator.Next).ToArray();
            grows = ids.Zip(ids.Skip(1)).All(pair => pair.First < pair.Second);
        });
        thread.Start();
        thread.Join();
        return grows;
    }

    [Property]
    public bool Next_AnyTime_HasVersionAndVariant(uint milliseconds)
    {
        Span<byte> bytes = stackalloc byte[PredictionId.ByteCount];
        PredictionIdGenerator.Next(milliseconds).Write(bytes);
        return bytes[6] >> 4 == 7 && bytes[8] >> 6 == 0b10;
    }

    [Fact]
    public void Next_NewThread_CarriesTheMilliseconds()
    {
        var id = default(PredictionId);
        var thread = new Thread(() => id = PredictionIdGenerator.Next(Now));
        thread.Start();
        thread.Join();

        Span<byte> bytes = stackalloc byte[PredictionId.ByteCount];
        id.Write(bytes);
        Assert.Equal(Now, Convert.ToInt64(Convert.ToHexString(bytes[..6]), 16));
        Assert.Equal(7, id.ToGuid().Version);
    }

    [Fact]
    public void Next_Warm_AllocatesNothing()
    {
        var allocated = Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                PredictionIdGenerator.Next(Now + i);
            }
        });

        Assert.Equal(0, allocated);
    }
}
