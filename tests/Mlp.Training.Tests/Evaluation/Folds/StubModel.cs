using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Export;

namespace Mlp.Training.Tests.Evaluation.Folds;

/// <summary>A model whose scores are computed from the rows by a function.</summary>
internal sealed class StubModel(ModelTask task, IReadOnlyList<string> classNames, Func<RecordBatch, float[]> predict) : IFittedModel
{
    public ModelTask Task => task;

    public IReadOnlyList<FeatureColumn> Features => [];

    public IReadOnlyList<string> ClassNames => classNames;

    public int ScoreCount => task == ModelTask.MulticlassClassification ? classNames.Count : 1;

    public IReadOnlyList<TrainingProgress> History => [];

    public static float[] ScoreColumn(RecordBatch batch) => ((FloatArray)batch.Column("score")).Values.ToArray();

    public float[] Predict(RecordBatch batch) => predict(batch);

    public TrainedModel Export(ExportOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
