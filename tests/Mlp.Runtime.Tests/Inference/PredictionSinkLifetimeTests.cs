using Mlp.Runtime.Predictions;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class PredictionSinkLifetimeTests
{
    [Fact]
    public async Task Sink_ThatIsDisposable_IsDisposedAfterTheLastCallOfItsVersion()
    {
        var observer = new DisposableSink();
        await using (var platform = await ServeAsync(Package(TestGraphs.Logistic(1, 2, 3), Binary()), observers: observer))
        {
            platform.Model.Predict([1f, 2f, 3f]);
            Assert.Equal((1, 0), (observer.Recorded, observer.Disposed));
        }

        Assert.Equal((1, 1), (observer.Recorded, observer.Disposed));
    }

    private sealed class DisposableSink : IPredictionObserver, IPredictionSink, IDisposable
    {
        public int Recorded { get; private set; }

        public int Disposed { get; private set; }

        public IPredictionSink? Attach(ServedModel model) => this;

        public void Record(in PredictionRecord record) => Recorded++;

        public void Dispose() => Disposed++;
    }
}
