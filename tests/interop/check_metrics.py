"""An independent implementation (numpy) of what `posemoe evaluate` measures.

    check_metrics.py random FOLDER              writes prediction.csv and truth.csv, people at random
    check_metrics.py tables PREDICTION TRUTH REPORT
    check_metrics.py walk BAG... REPORT         bags that `posemoe replay` made of the walk

The last two compute every figure from the definitions in docs/evaluation.md and compare it with the JSON
report to 1e-6; they print how many figures agree, or fail with those that do not.
"""

import csv
import itertools
import json
import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import metrics  # noqa: E402  (the demo's Procrustes alignment)
import walk_data  # noqa: E402

CHI2_ONE_SIGMA = 3.5267  # 68.27 % of chi-squared with 3 degrees of freedom
MAX_GAP_NS, GATE_M, LONGEST_STEP_NS = 100_000_000, 1.0, 500_000_000
BONES = (
    "pelvis-right_hip right_hip-right_knee right_knee-right_ankle pelvis-left_hip left_hip-left_knee "
    "left_knee-left_ankle pelvis-spine spine-thorax thorax-nose nose-head thorax-left_shoulder "
    "left_shoulder-left_elbow left_elbow-left_wrist thorax-right_shoulder right_shoulder-right_elbow "
    "right_elbow-right_wrist"
).split()
NAMES = sorted({name for bone in BONES for name in bone.split("-")})
BANDS = (("below_2_m", 0, 2), ("2_to_4_m", 2, 4), ("4_to_6_m", 4, 6), ("from_6_m", 6, math.inf))


# People over time: {stamp in ns: {person: {joint: (position (3,), sigma or None)}}}


class Person(dict):
    """Joints by name, and the root's sigma along each axis where it is said."""

    root_sigma_m = None


def write_random(folder):
    """Three people who walk past one another, a fourth whom nobody finds, and a detector with all its faults."""
    random = np.random.default_rng(20251109)
    starts, speeds = random.uniform([-3, -1, 1], [3, 1, 8], (3, 3)), random.normal(0, 0.8, (3, 3))
    shapes = {name: random.normal(0, 0.4, 3) for name in NAMES}

    def joint_m(person, name, time_s):
        sway = 0.1 * np.sin(7 * time_s + person + np.arange(3) + len(name))
        return starts[person] + speeds[person] * time_s + shapes[name] + sway

    truth, found = [], []
    for time_s in np.arange(0, 4, 0.02):
        if 1.2 < time_s < 1.5:
            continue  # longer than truth is interpolated
        for person in range(3):
            if person == 2 and time_s > 3:
                continue
            for name in [*NAMES, "Stranger"]:
                shapes.setdefault(name, np.zeros(3))
                truth.append([time_s, "abc"[person], name, *joint_m(person, name, time_s)])
        truth.extend([time_s, "d", name, *(shapes[name] + [0, 0, 15])] for name in NAMES)
    for time_s in np.arange(0.0055, 4, 1 / 30):
        for person in range(3):
            if random.random() < 0.1:
                continue  # missed
            swapped = person if time_s < 2 else (person + 1) % 3
            off = random.normal(0, 0.15, 3)
            for name in NAMES:
                if name == "spine" or (name == "head" and random.random() < 0.02):
                    continue
                sigma = random.uniform(0.05, 0.2)
                position = joint_m(person, name, time_s) * 1.03 + off + random.normal(0, sigma, 3)
                found.append([time_s, str(swapped), name, *position, sigma])
            if random.random() < 0.1:
                double = [[time_s, "double", name, *(joint_m(person, name, time_s) + 0.3), 0.1] for name in NAMES]
                found = [row for row in found if row[:2] != [time_s, "double"]] + double
        if random.random() < 0.2:
            found.extend([time_s, "ghost", name, 0.1 * len(name), 9, 9, 0.1] for name in NAMES)
    head = ["stamp_s", "person", "joint", "x_m", "y_m", "z_m"]
    for name, columns, rows in (("truth", head, truth), ("prediction", [*head, "sigma_m"], found)):
        with (folder / (name + ".csv")).open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows([f"{row[0]:.9f}", *row[1:3], *map(repr, map(float, row[3:]))] for row in rows)


def read_table(path):
    people = {}
    with path.open() as stream:
        for row in csv.DictReader(stream):
            seconds, _, part = row["stamp_s"].partition(".")
            person = people.setdefault(int(seconds + part.ljust(9, "0")), {}).setdefault(row["person"], Person())
            position = np.array([float(row[axis + "_m"]) for axis in "xyz"])
            person[row["joint"]] = (position, float(row["sigma_m"]) if row.get("sigma_m") else None)
    return people


def read_walks(bags):
    """Name, predictions and truth of each camera, read by the demo's own reader."""
    data = ROOT / "tests" / "data"
    for bag in bags:
        inputs = [data / bag.name]
        sources = data / "walk" / "walk_calibration.json", data / "walk" / "walk_reference.json"
        (walk,), _ = walk_data.read_walks([bag], inputs, *sources)
        stamps = sorted(walk_data.read_keypoints(inputs[0])[1])
        true_m = walk.camera.from_world_m(walk.reference_world_m[:, walk_data.COCO_LIMBS])
        truth = {
            stamp: {"walker": {n: (p, None) for n, p in zip(walk_data.LIMBS, joints)}}
            for stamp, joints in zip(stamps, true_m)
        }
        found = {stamp: {"1": person_of(pose)} for stamp, pose in zip(stamps, walk.poses)}
        yield bag.stem, found, truth


def person_of(pose):
    person = Person({name: (place, pose.sigma_m[name]) for name, place in pose.joints_m.items()})
    person.root_sigma_m = pose.root_sigma_m
    return person


def truth_at(truth, stamps, stamp):
    after = int(np.searchsorted(stamps, stamp))
    if after < len(stamps) and stamps[after] == stamp:
        return truth[stamp]
    if after in (0, len(stamps)) or stamps[after] - stamps[after - 1] > MAX_GAP_NS:
        return None
    a, b = truth[stamps[after - 1]], truth[stamps[after]]
    t = (stamp - stamps[after - 1]) / (stamps[after] - stamps[after - 1])
    return {
        person: {n: ((1 - t) * a[person][n][0] + t * b[person][n][0], None) for n in a[person] if n in b[person]}
        for person in a
        if person in b
    }


def root(person):
    return (person["left_hip"][0] + person["right_hip"][0]) / 2


def matchings(rows, columns):
    """Every way of giving each of the fewer one of the more."""
    if len(rows) <= len(columns):
        return ([*zip(rows, chosen)] for chosen in itertools.permutations(columns, len(rows)))
    return ([*zip(chosen, columns)] for chosen in itertools.permutations(rows, len(columns)))


def pairs_and_detection(found, truth):
    """Every matched pose, and who was found: by trying all matchings."""
    stamps = sorted(truth)
    pairs, near, last = [], {}, {}
    count = Counter()
    for place, stamp in enumerate(sorted(found)):
        people = truth_at(truth, stamps, stamp)
        if people is None:
            continue
        count["frames"] += 1
        count["true"] += len(people)
        count["predicted"] += len(found[stamp])
        apart = {
            (i, j): np.linalg.norm(root(p) - root(q)) for i, p in found[stamp].items() for j, q in people.items()
        }
        for ids, distance in apart.items():
            near[ids] = near.get(ids, 0) + (distance <= GATE_M)
        kept = going_on(apart, last)
        open_ids = set(found[stamp]) - {i for i, _ in kept}, set(people) - {j for _, j in kept}
        within = ([ids for ids in m if apart[ids] <= GATE_M] for m in matchings(*map(sorted, open_ids)))
        best = sorted(kept + min(within, key=lambda m: (-len(m), sum(apart[ids] for ids in m))))
        for i, j in best:
            count["found"] += 1
            count["switches"] += last.get(j, i) != i
            last[j] = i
            pairs.append((place, stamp, i, j, found[stamp][i], people[j]))
        count_parts(count, found[stamp], people, best, apart)
    everyone = sorted({i for i, _ in near}), sorted({j for _, j in near})
    count["idtp"] = max(sum(near.get(ids, 0) for ids in m) for m in matchings(*everyone))
    return pairs, count


def going_on(apart, last):
    """CLEAR MOT: whoever was found with an id is still matched with it while they are near."""
    near = sorted((distance, i, j) for (i, j), distance in apart.items() if last.get(j) == i and distance <= GATE_M)
    nearest = {}
    for _, i, j in near:
        nearest.setdefault(i, j)
    return list(nearest.items())


def count_parts(count, predicted, people, pairs, apart):
    """True, predicted and found people of each true person and band, under keys such as ("person", "a", "true")."""
    matched = {j: i for i, j in pairs}
    for j, person in people.items():
        for part in (("person", j), ("band", band(root(person)))):
            count[(*part, "true")] += 1
            count[(*part, "found")] += j in matched
            count[(*part, "predicted")] += j in matched
    for i in set(predicted) - set(matched.values()):
        count["band", band(root(predicted[i])), "predicted"] += 1
        near = [(apart[i, j], j) for j in people if apart[i, j] <= GATE_M]
        if near:
            count["person", min(near)[1], "predicted"] += 1


def band(root_m):
    return next(name for name, low, high in BANDS if low <= np.linalg.norm(root_m) < high)


def derivative(poses, times_s):
    """n! sum_i x_i / prod_{k != i} (t_i - t_k): of the polynomial through all poses (Lagrange)."""
    weights = [1 / np.prod([t - u for u in times_s if u != t]) for t in times_s]
    return math.factorial(len(poses) - 1) * sum(w * x for w, x in zip(weights, poses))


def pose_errors(pairs):
    """All that is of one pose, with the poses before it."""
    errors, before = [], {}
    for place, stamp, i, j, predicted, true in pairs:
        names = sorted(set(predicted) & set(true))
        p, q = (np.array([side[n][0] for n in names]) for side in (predicted, true))
        rp, rq = p - root(predicted), q - root(true)
        run = before.get((i, j), [])
        if not (run and run[-1][0] == place - 1 and stamp - run[-1][1] <= LONGEST_STEP_NS and run[-1][2] == names):
            run = []
        run = before[(i, j)] = [*run, (place, stamp, names, rp, rq)][-4:]
        bones = [b.split("-") for b in BONES if set(b.split("-")) <= set(names)]
        lengths = [[np.linalg.norm(s[a][0] - s[b][0]) for a, b in bones] for s in (predicted, true)]
        error = dict(
            person=j,
            distance=np.linalg.norm(root(true)),
            mpjpe_mm=1e3 * np.linalg.norm(rp - rq, axis=1).mean(),
            n_mpjpe_mm=1e3 * np.linalg.norm((rp * rq).sum() / (rp**2).sum() * rp - rq, axis=1).mean(),
            p_mpjpe_mm=1e3 * metrics.joint_error_m(metrics.procrustes_aligned_m(rp[None], rq[None]), rq).mean(),
            root_error_mm=1e3 * np.linalg.norm(root(predicted) - root(true)),
            bone_length_error_mm=1e3 * np.abs(np.subtract(*lengths)).mean(),
            joints=list(
                zip(
                    names,
                    np.linalg.norm(rp - rq, axis=1),
                    np.linalg.norm(p - q, axis=1),
                    [np.nan if predicted[n][1] is None else predicted[n][1] for n in names],
                )
            ),
        )
        if predicted.root_sigma_m is not None:
            in_sigmas = (root(predicted) - root(true)) / predicted.root_sigma_m
            error["root_nees"] = in_sigmas @ in_sigmas
            for many in (1, 2):
                for axis, one in zip("xyz", in_sigmas):
                    error[f"root_within_{many}_sigma_{axis}_pct"] = 100 * float(abs(one) <= many)
        for order, key, factor in ((1, "mpjve_mm_s", 1e3), (2, "acceleration_error_m_s2", 1), (3, "jitter_m_s3", 1)):
            if len(run) > order:
                times_s = [(r[1] - run[0][1]) / 1e9 for r in run[-order - 1 :]]
                a, b = (derivative([r[side] for r in run[-order - 1 :]], times_s) for side in (3, 4))
                wrong = a if order == 3 else a - b
                error[key] = factor * np.linalg.norm(wrong, axis=1).mean()
                if order == 1:
                    # Late by d, a position is off by -d times the velocity; least squares over all joints and poses.
                    mid = sum(r[3] - r[4] for r in run[-2:]) / 2
                    error["late"] = (-(mid * b).sum(), (b**2).sum())
                if order == 3:
                    error["truth_" + key] = np.linalg.norm(b, axis=1).mean()
        errors.append(error)
    return errors


def joint_figures(joints):
    if not joints:
        return {}
    free = [joint for joint in joints if joint[0] != "pelvis"]
    relative, absolute = np.array([j[1] for j in free]), np.array([j[2] for j in joints])
    known = np.array([(j[1], j[3]) for j in free if np.isfinite(j[3])]).reshape(-1, 2)

    def share(facts):
        return 100 * float(np.mean(facts)) if np.size(facts) else None

    return dict(
        pck150_pct=share(relative <= 0.15),
        auc_pct=share([relative <= mm / 1000 for mm in range(0, 151, 5)]),
        abs_mpjpe_mm=1e3 * absolute.mean(),
        abs_pck150_pct=share(absolute <= 0.15),
        p99_9_error_mm=1e3 * np.percentile(absolute, 99.9),
        within_1_sigma_pct=share(known[:, 0] <= known[:, 1]),
        within_2_sigma_pct=share(known[:, 0] <= 2 * known[:, 1]),
        sigma_factor=np.percentile(known[:, 0] / known[:, 1], 68.27) if len(known) else None,
        joint_nees=CHI2_ONE_SIGMA * np.mean((known[:, 0] / known[:, 1]) ** 2) if len(known) else None,
    )


def share_pct(part, whole):
    return 100 * part / whole if whole else None


def figures(errors, count, part=None):
    """Of all people; or of a part of them, as ("person", "a")."""
    found = joint_figures([joint for error in errors for joint in error["joints"]])
    late = np.sum([error["late"] for error in errors if "late" in error], axis=0)
    if np.size(late) == 2 and late[1] > 0:
        found["delay_ms"] = 1e3 * late[0] / late[1]
    for key in {key for error in errors for key in error} - {"person", "distance", "joints", "late"}:
        found[key] = float(np.mean([error[key] for error in errors if key in error]))
    counted = {key: count[(*part, key) if part else key] for key in ("true", "predicted", "found")}
    found["recall_pct"] = share_pct(counted["found"], counted["true"])
    found["precision_pct"] = share_pct(counted["found"], counted["predicted"])
    if part:
        found.update({f"{key}_people": value for key, value in counted.items()})
    else:
        found["idf1_pct"] = share_pct(2 * count["idtp"], count["true"] + count["predicted"])
        found["id_switches"] = count["switches"]
    return dict(found, poses=len(errors))


def compare(what, reported, expected, wrong):
    """Every figure of the report must be expected, and the other way round; to 1e-6."""
    structure = "name prediction truth counts per_joint per_person per_distance skipped dropped damage joints_not_in_both latency".split()
    reported = {k: v for k, v in reported.items() if k not in structure and v is not None}
    expected = {k: v for k, v in expected.items() if v is not None}
    if set(reported) != set(expected):
        wrong.append(f"{what}: keys {sorted(set(reported) ^ set(expected))} are on one side only")
    for key in set(reported) & set(expected):
        if not abs(reported[key] - expected[key]) <= 1e-6 * max(1, abs(expected[key])):
            wrong.append(f"{what}: {key} is {reported[key]}, expected {expected[key]}")
    return len(expected)


def compare_section(what, reported, errors, count, wrong):
    total = compare(what, reported, figures(errors, count), wrong)
    bands = [("band", name, [e for e in errors if low <= e["distance"] < high]) for name, low, high in BANDS]
    ids = sorted({key[1] for key in count if key[0] == "person"})
    people = [("person", i, [e for e in errors if e["person"] == i]) for i in ids]
    for kind, parts in (("per_distance", bands), ("per_person", people)):
        if kind not in reported:
            continue  # people of several sequences are not the same
        there = [part for part in parts if any(count[(*part[:2], key)] for key in ("true", "predicted"))]
        if set(reported[kind]) != {name for _, name, _ in there}:
            wrong.append(f"{what}: {kind} has {sorted(reported[kind])}")
        for *part, of_part in there:
            found = reported[kind].get(part[1], {})
            found = {**found, **found.get("counts", {})}
            total += compare(f"{what} {kind} {part[1]}", found, figures(of_part, count, part), wrong)
    for name in sorted({joint[0] for error in errors for joint in error["joints"]}):
        joints = [joint for error in errors for joint in error["joints"] if joint[0] == name]
        expected = dict(joint_figures(joints), poses=len(joints), mpjpe_mm=1e3 * np.mean([j[1] for j in joints]))
        total += compare(f"{what} {name}", reported["per_joint"].pop(name, {}), expected, wrong)
    if reported["per_joint"]:
        wrong.append(f"{what}: joints {sorted(reported['per_joint'])} were not compared")
    return total


def check(sequences, report):
    wrong, total, all_errors, all_counts = [], 0, [], Counter()
    named = {sequence["name"]: sequence for sequence in report["sequences"]}
    for name, found, truth in sequences:
        pairs, count = pairs_and_detection(found, truth)
        errors = pose_errors(pairs)
        total += compare_section(name, named.pop(name), errors, count, wrong)
        all_errors.extend(errors)
        all_counts.update(count)
    if named:
        wrong.append(f"the report has other sequences: {sorted(named)}")
    total += compare_section("overall", report["overall"], all_errors, all_counts, wrong)
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{total} figures agree")


def main():
    command, *rest = sys.argv[1:]
    paths = [Path(path) for path in rest]
    if command == "random":
        write_random(*paths)
    elif command == "tables":
        prediction, truth, report = paths
        tables = [(prediction.stem, read_table(prediction), read_table(truth))]
        check(tables, json.loads(report.read_text()))
    else:
        check(read_walks(paths[:-1]), json.loads(paths[-1].read_text()))


if __name__ == "__main__":
    main()
