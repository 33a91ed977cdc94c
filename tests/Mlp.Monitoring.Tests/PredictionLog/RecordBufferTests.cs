using System.Text;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class RecordBufferTests
{
    private const int ByteCount = 64 * 1024;

    [Fact]
    public void Put_RingOfTheCallerIsFull_GoesToTheOthers()
    {
        var layout = TestModels.FloatLayout(40);
        var format = new RecordFormat(layout);
        var buffer = new RecordBuffer(format, ByteCount);
        var rows = new FeatureRows(layout, 1);
        var length = format.Measure(RecordOf(rows));
        while (buffer.Snapshot("tips", 1).Dropped == 0)
        {
            buffer.Put(RecordOf(rows), variant: 0);
        }

        var taken = buffer.Snapshot("tips", 1).Accepted - 1;
        Assert.InRange(taken * length, ByteCount * 0.9, ByteCount);
    }

    [Fact]
    public async Task TakeInto_CallerInTheMiddleOfItsCopy_IsWaitedForWhereAllMustBeTaken()
    {
        var layout = new FeatureRowLayout([new("text", FeatureType.String, "v")]);
        var model = TestModels.Serve(layout);
        var redaction = RedactionConfiguration.From(new RedactionOptions().Hash(Encoding.ASCII.GetBytes(new string('k', 32)), "text"));
        var format = new RecordFormat(layout, FeatureRedactor.For(redaction, layout));
        var buffer = new RecordBuffer(format, ByteCount);
        buffer.AddVariant("champion");
        var rows = new FeatureRows(layout, 1);
        rows.Status.Fill(FeatureStatus.Present);

        // Hashed into the ring, so that the copy takes some hundredths of a second.
        rows.SetString(0, 0, new string('x', 32_000_000));
        var batch = new PredictionBatch(model, new PredictionSchema(model, redaction), format);
        for (var round = 1; round <= TestRounds.Count; round++)
        {
            var caller = Task.Run(() => buffer.Put(RecordOf(rows), variant: 0));
            while (buffer.Snapshot("tips", 1).Accepted < round)
            {
                Thread.SpinWait(1);
            }

            buffer.TakeInto(batch, null, buffer.Mark(), mustComplete: true);
            Assert.Equal(round, batch.RowCount);
            await caller;
        }
    }

    private static PredictionRecord RecordOf(FeatureRows rows) => new() { Id = TestModels.Id(1), EventTime = 1, RequestTime = 1, LatencyNanoseconds = 1, Outcome = PredictionOutcome.Ok, Features = rows.RowOf(0), Scores = [] };
}
