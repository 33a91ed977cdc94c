namespace Mlp.Training.Networks;

/// <summary>
/// Told of a training while it runs, on the thread that trains: what lasts here makes training last. An exception ends the training and reaches the caller. Which weights come out must not
/// depend on a callback, except by <see cref="NetworkTrainingControl.Stop"/>, or a resumed training may differ.
/// </summary>
public interface INetworkCallback
{
    /// <summary>Before the first step of an epoch; also where a resumed training goes on within one.</summary>
    /// <param name="epoch">Epoch from 1.</param>
    /// <param name="control">May stop training.</param>
    void EpochBegun(int epoch, NetworkTrainingControl control)
    {
    }

    /// <summary>After weights have moved.</summary>
    /// <param name="step">What happened.</param>
    /// <param name="control">May stop training.</param>
    void StepEnded(in NetworkStep step, NetworkTrainingControl control)
    {
    }

    /// <summary>
    /// After replicas were lost or have joined (<see cref="Mlp.Training.Distributed.DataParallel.DataParallelOptions.Elastic"/>), before training goes on. Steps after the one from which it goes on are taken, and told, again.
    /// </summary>
    /// <param name="change">What has happened.</param>
    /// <param name="step">Steps that count.</param>
    void ReplicasChanged(Mlp.Training.Distributed.Elastic.ElasticChange change, long step)
    {
    }

    /// <summary>After an epoch was validated.</summary>
    /// <param name="progress">Where training stands.</param>
    /// <param name="control">May stop training.</param>
    void EpochEnded(TrainingProgress progress, NetworkTrainingControl control)
    {
    }
}
