namespace Mlp.Spark.Worker.Protocol;

/// <summary>What Spark knows a task by.</summary>
/// <param name="StageId">The stage.</param>
/// <param name="PartitionId">The partition.</param>
/// <param name="AttemptNumber">How often the partition has been tried before.</param>
/// <param name="TaskAttemptId">The attempt, among all of the application.</param>
internal readonly record struct TaskIdentity(int StageId, int PartitionId, int AttemptNumber, long TaskAttemptId)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"stage {StageId}, partition {PartitionId}, attempt {AttemptNumber}, task {TaskAttemptId}");
}
