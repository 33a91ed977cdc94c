using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Training.Tests.Evaluation.Folds;

/// <summary>Remembers the ids (column <c>id</c>) that each training saw, and scores by a function of these and the rows.</summary>
internal sealed class StubTrainer(ModelTask task, Func<HashSet<long>, RecordBatch, float[]> predict, IReadOnlyList<string>? classNames = null) : ITrainer
{
    private int _running;

    public ModelTask Task => task;

    public int ThreadCount { get; init; } = 1;

    /// <summary>The ids of each training.</summary>
    public List<HashSet<long>> Seen { get; } = [];

    /// <summary>The greatest number of trainings at once.</summary>
    public int GreatestConcurrency { get; private set; }

    /// <summary>Called within each training, with its number from 1.</summary>
    public Func<int, CancellationToken, Task>? Meanwhile { get; init; }

    public async Task<IFittedModel> FitAsync(
        ITrainingSet trainingSet, ITrainingSet? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var ids = new HashSet<long>();
        await foreach (var batch in trainingSet.ReadAsync(cancellationToken))
        {
            using (batch)
            {
                ids.UnionWith(((Int64Array)batch.Column("id")).Values.ToArray());
            }
        }

        int number;
        lock (Seen)
        {
            Seen.Add(ids);
            number = Seen.Count;
            GreatestConcurrency = Math.Max(GreatestConcurrency, ++_running);
        }

        if (Meanwhile is not null)
        {
            await Meanwhile(number, cancellationToken);
        }

        lock (Seen)
        {
            _running--;
        }

        return new StubModel(task, classNames ?? [], batch => predict(ids, batch));
    }
}
