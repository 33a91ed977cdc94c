using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks.Streams;

/// <summary>What a training from a stream keeps. No other test runs meanwhile, because the heap is the whole process'.</summary>
[Collection(nameof(StreamedMemoryTests))]
[CollectionDefinition(nameof(StreamedMemoryTests), DisableParallelization = true)]
public sealed class StreamedMemoryTests
{
    [Fact]
    public async Task FitAsync_ManyMoreRows_TakeNoMoreMemory()
    {
        await LargestHeapAsync(10_000);
        var few = await LargestHeapAsync(10_000);
        var many = long.MaxValue;

        // What earlier tests have left may still end in the background; rows that stay would stay each time.
        for (var run = 0; run < 3 && many >= few + 4_000_000; run++)
        {
            many = Math.Min(many, await LargestHeapAsync(400_000));
        }

        // 390,000 rows more would be over 9 MB if their values, labels, weights and times stayed anywhere.
        Assert.True(many < few + 4_000_000, $"{few} and {many}");
    }

    private static async Task<long> LargestHeapAsync(long rowCount)
    {
        var heap = new Heap();
        var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 500, MaxEpochs = 1, Seed = 7 };
        (options.Stream.IsEnabled, options.Stream.BufferRows, options.Stream.SampleRows, options.Stream.MaximumValidationRows) = (true, 2000, 500, 500);
        options.Callbacks.Add(heap);
        (await new NetworkTrainer(options).FitAsync(new GeneratedRows(rowCount))).Dispose();
        return heap.Largest;
    }

    private sealed class Heap : INetworkCallback
    {
        public long Largest { get; private set; }

        public void StepEnded(in NetworkStep step, NetworkTrainingControl control)
        {
            if (step.Step % 5 == 0)
            {
                Largest = Math.Max(Largest, GC.GetTotalMemory(forceFullCollection: true));
            }
        }
    }
}
