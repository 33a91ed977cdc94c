using System.Text.Json;
using Mlp.Training.Networks.Checkpoints;

namespace Mlp.Training.Networks;

// What members of an elastic group go back to.
internal sealed partial class TrainingState
{
    /// <summary>Copies the state.</summary>
    /// <param name="snapshot">Receives it.</param>
    public void CopyTo(TrainingSnapshot snapshot)
    {
        snapshot.Begin(Position.Epoch, Position.Step, JsonSerializer.SerializeToUtf8Bytes(Describe(), CheckpointJson.Default.TrainingPosition));
        Each((name, bytes) => snapshot.Put(name, bytes));
    }

    /// <summary>Goes back to a snapshot.</summary>
    /// <param name="snapshot">One of this training.</param>
    public void Restore(TrainingSnapshot snapshot)
    {
        Each((name, bytes) => snapshot.Get(name, bytes));
        GoOn(snapshot.Position);
        RestoreGenerators(snapshot);
    }

    /// <summary>Goes on with the random numbers of a snapshot of this replica.</summary>
    /// <param name="snapshot">One of this training.</param>
    public void RestoreGenerators(TrainingSnapshot snapshot)
    {
        foreach (var (name, generator) in _network.Generators)
        {
            generator.State = snapshot.Position.Generators[name];
        }
    }

    /// <summary>Gives the state of a rank to all replicas; their generators stay apart.</summary>
    /// <param name="root">The rank.</param>
    public void ShareFrom(int root)
    {
        Each((name, bytes) => _replicas!.Group.Broadcast(bytes, root, name));
        GoOn(_replicas!.Give(Describe(), CheckpointJson.Default.TrainingPosition, "position", root));
    }
}
