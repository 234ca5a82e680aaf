import sys, time, numpy as np, cv2
from pathlib import Path
from body import BodyData
from person import build
from plan import draw_person, draw_view
import scene
data = BodyData(Path(sys.argv[1]))
out = sys.argv[2]
cells = []
big = out.endswith('b.png')
size = (720, 1280) if big else (360, 640)
for item in sys.argv[3:]:
    seed, framing, wish = (item.split(':', 2) + ['{}'])[:3]
    seed = int(seed)
    wish = eval(wish)
    t=time.time()
    r = np.random.default_rng(seed)
    plan = draw_person(r, wish)
    b = build(data, plan, seed)
    place = {"at": [0,0,0], "yaw": wish.get('yaw', float(r.normal(0, 22)))}
    view = draw_view(r, framing, [b], [place], 16/9, wish)
    t1=time.time()
    img = scene.render([(b, place)], view, size, (12, 64))
    print('done', seed, plan['hair'], {k:v['to'] for k,v in plan['arms'].items()}, round(t1-t,1), round(time.time()-t,1), flush=True)
    bg = np.full(img.shape[:2]+(3,), (120,160,120), np.uint8)
    a = img[...,3:]/255.
    cells.append((img[...,:3]*a + bg*(1-a))[...,::-1].astype(np.uint8))
w = 1 if big else 3
while len(cells) % w: cells.append(np.zeros_like(cells[0]))
cv2.imwrite(out, np.vstack([np.hstack(cells[i:i+w]) for i in range(0,len(cells),w)]))
